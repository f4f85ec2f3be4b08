"""What the user got wrong: findings, their codes, the report and its renderers."""
