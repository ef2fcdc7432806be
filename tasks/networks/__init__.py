"""Who talks to whom: declared in dependencies.yaml, made into NetworkPolicies, and proven on what is rendered."""
