//! Arguments → command.

use std::process::ExitCode;

/// Requests are many small allocations, and other threads free them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    gatehouse::cli::run()
}
