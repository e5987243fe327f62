"""Links to Wikidata: finding them in exact ways, and checking those that were accepted."""
