//! The bars, put in place by the process itself once its libraries have opened what they ever will.

use nix::libc;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigSet, Signal};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};
use std::collections::BTreeMap;

/// How much a document may make the process grow.
const MEMORY_FOR_A_DOCUMENT: u64 = 64 * 1024 * 1024;

/// Before the libraries start: nothing of our parent's is held, and nothing of ours outlives it or is left on disk.
pub(super) fn let_go() -> Result<(), String> {
    close_strangers().map_err(|error| format!("/proc/self/fd: {error}"))?;
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(|error| format!("PR_SET_PDEATHSIG: {error}"))?;
    // A core would hold somebody's assertion.
    prctl::set_dumpable(false).map_err(|error| format!("PR_SET_DUMPABLE: {error}"))?;
    // The terminal's and the service manager's signals reach us as well, but we are needed until the last login is
    // through; our parent ends us.
    let signals: SigSet = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().collect();
    signals.thread_block().map_err(|error| format!("sigprocmask: {error}"))
}

/// From here on: no file can be opened, no process begun, nothing sent, and no system call made that is not listed.
pub fn confine() -> Result<(), String> {
    let memory = address_space().ok_or("VmSize is not in /proc/self/status")? + MEMORY_FOR_A_DOCUMENT;
    let limits = [
        (Resource::RLIMIT_AS, memory),
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_FSIZE, 0),
        (Resource::RLIMIT_NPROC, 0),
        (Resource::RLIMIT_NOFILE, 0),
    ];
    for (resource, most) in limits {
        setrlimit(resource, most, most).map_err(|error| format!("setrlimit {resource:?}: {error}"))?;
    }
    prctl::set_no_new_privs().map_err(|error| format!("PR_SET_NO_NEW_PRIVS: {error}"))?;
    let filter = filter().map_err(|error| format!("seccomp: {error}"))?;
    seccompiler::apply_filter(&filter).map_err(|error| format!("seccomp: {error}"))
}

/// Files that our parent had inherited without a mark to close them.
fn close_strangers() -> std::io::Result<()> {
    let open: Vec<i32> = std::fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd > 2)
        .collect();
    for fd in open {
        // The listing's own is closed already.
        let _ = nix::unistd::close(fd);
    }
    Ok(())
}

fn address_space() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// What is allowed. A call that is not, or not with these arguments, ends the process.
fn filter() -> Result<BpfProgram, seccompiler::BackendError> {
    let is = |argument, value: i32| is_masked(argument, u64::from(u32::MAX), value);
    let lacks = |argument, bit: i32| is_masked(argument, bit as u64, 0);
    let has = |argument, bit: i32| is_masked(argument, bit as u64, bit);
    let not_executable = || lacks(2, libc::PROT_EXEC);
    let rules: BTreeMap<i64, Vec<SeccompRule>> = [
        // The socket is stdin and stdout; libxml2 complains on stderr, which leads nowhere.
        (libc::SYS_read, vec![rule(vec![is(0, 0)?])?]),
        (libc::SYS_write, vec![rule(vec![is(0, 1)?])?, rule(vec![is(0, 2)?])?]),
        // Memory, but none that is a file's or can be executed.
        (libc::SYS_brk, vec![]),
        (libc::SYS_mmap, vec![rule(vec![has(3, libc::MAP_ANONYMOUS)?, not_executable()?])?]),
        (libc::SYS_mprotect, vec![rule(vec![not_executable()?])?]),
        (libc::SYS_mremap, vec![]),
        (libc::SYS_munmap, vec![]),
        (libc::SYS_madvise, vec![]),
        // Locks within the process, the time, randomness, and which process it is (libcrypto asks before it draws).
        (libc::SYS_futex, vec![]),
        (libc::SYS_clock_gettime, vec![]),
        (libc::SYS_getrandom, vec![]),
        (libc::SYS_getpid, vec![]),
        // The end.
        (libc::SYS_sigaltstack, vec![]),
        (libc::SYS_rt_sigreturn, vec![]),
        (libc::SYS_exit, vec![]),
        (libc::SYS_exit_group, vec![]),
    ]
    .into();
    let architecture: TargetArch = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, SeccompAction::KillProcess, SeccompAction::Allow, architecture)?.try_into()
}

fn rule(conditions: Vec<SeccompCondition>) -> Result<SeccompRule, seccompiler::BackendError> {
    SeccompRule::new(conditions)
}

fn is_masked(argument: u8, mask: u64, value: i32) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(mask), value as u64)
}
