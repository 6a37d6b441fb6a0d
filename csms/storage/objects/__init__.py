"""Objects in a folder, or in a store that speaks S3."""
