"""What the hub costs, each time beside a named peer or limit in the same run."""
