"""What the pages and the API do alike, one file a subject: record and person in, result out."""
