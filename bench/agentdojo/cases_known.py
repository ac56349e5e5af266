"""User tasks that no planner can do without being told what to do by data, and why; by hand, for the report."""

WHY = {
    ("slack", "user_task_18"): "the whole task is on a web page: what to do is untrusted data",
    ("slack", "user_task_19"): "the whole task is on a web page: what to do is untrusted data",
    ("banking", "user_task_12"): "a file says what to do; the user said to follow it",
}
