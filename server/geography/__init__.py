"""From latitude and longitude to a drawing: projections, frames, outlines of land and water."""
