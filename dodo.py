"""Build the images, render the overlays, check and test the result.

`doit list` shows the tasks; `doit render env=prod` renders one environment; `doit` renders all.
"""

from tasks.base_images import task_base_images
from tasks.bench.task import task_bench
from tasks.build import task_build
from tasks.checks.task import task_check
from tasks.cluster.task import task_cluster_down, task_cluster_status, task_cluster_up, task_node_image
from tasks.completion.task import task_completion
from tasks.deployment.task import task_deploy, task_destroy, task_logs, task_secrets, task_status
from tasks.diff.task import task_diff, task_drift
from tasks.docs import task_docs
from tasks.e2e import task_e2e
from tasks.explain import task_explain
from tasks.impact.task import task_impact
from tasks.networks.task import task_networks
from tasks.new.task import task_new
from tasks.preview.task import task_preview
from tasks.promotion.task import task_promote, task_rollback
from tasks.publish import task_publish
from tasks.render import task_render
from tasks.report.task import task_report
from tasks.reporter import Reporter
from tasks.test import task_test
from tasks.watch.task import task_watch

DOIT_CONFIG = {"reporter": Reporter}

__all__ = [
    "DOIT_CONFIG",
    "task_base_images",
    "task_bench",
    "task_build",
    "task_check",
    "task_cluster_down",
    "task_cluster_status",
    "task_cluster_up",
    "task_completion",
    "task_deploy",
    "task_destroy",
    "task_diff",
    "task_docs",
    "task_drift",
    "task_e2e",
    "task_explain",
    "task_impact",
    "task_logs",
    "task_networks",
    "task_new",
    "task_node_image",
    "task_preview",
    "task_promote",
    "task_publish",
    "task_render",
    "task_report",
    "task_rollback",
    "task_secrets",
    "task_status",
    "task_test",
    "task_watch",
]
