by = [], zone = 'UTC'
