"""Parts that panes and screens are made of; they know nothing of pictures or jobs."""
