"""What `omnitrack restitch` does: customers made anew from what is stored, compared, and handed to stitching."""
