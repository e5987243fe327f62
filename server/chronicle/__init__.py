"""What happened when and where: dates, places and coordinates, gathered from a whole release."""
