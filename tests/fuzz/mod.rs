//! The fuzz targets, as far as they belong to the tests. `make fuzz` runs them.

mod replay;
mod targets;
