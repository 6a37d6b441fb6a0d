"""Where stations fetch firmware and bring files: over HTTP, and over FTP where they know nothing else."""
