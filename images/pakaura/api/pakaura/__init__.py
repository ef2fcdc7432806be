"""The api of pakaura: accounts, tasks, and a chat that keeps the tasks."""
