"""What a rehearsal leaves: `rehearsal-report.json`, and a page with a picture of each release."""
