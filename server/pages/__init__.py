"""Pages for people: what they show of a thing, a claim, a term, and the frame around them."""
