"""Pictures in a bucket: copies of the site's own files in an S3-compatible store."""
