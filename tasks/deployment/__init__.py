"""What was rendered, applied to a cluster and waited for: `doit secrets`, `deploy`, `status`, `logs`, `destroy`."""
