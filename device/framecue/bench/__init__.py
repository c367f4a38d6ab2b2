"""Speed and memory, measured on this machine beside a reference in the same run."""
