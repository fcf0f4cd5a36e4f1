//! What stands around every page: who is signed in, whether they have switched to another role, and where else to go.

use super::page_session::{PageSession, base};
use crate::console::{ConsoleSession, Nth, SessionId};

/// Every page's template has one as `frame`, and begins each link and each form's action with `frame.base`.
pub(super) struct Frame {
    /// `/console`, or `/console/s/2`.
    pub(super) base: String,
    /// Empty where nobody is signed in, or it does not matter who is.
    pub(super) who: String,
    pub(super) csrf: String,
    /// While they have switched.
    pub(super) banner: Option<Banner>,
    pub(super) nav: Vec<NavLink>,
}

pub(super) struct Banner {
    pub(super) label: String,
    /// Six hexadecimal digits.
    pub(super) color: Option<String>,
    pub(super) role: String,
}

pub(super) struct NavLink {
    pub(super) href: String,
    pub(super) label: &'static str,
    pub(super) current: bool,
}

/// The entries of the navigation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Home,
    Roles,
    Switch,
    Sessions,
    Activity,
    Traces,
    Simulator,
    Providers,
    /// A page beside them.
    Other,
}

const NAVIGATION: [(Tab, &str, &str); 8] = [
    (Tab::Home, "Home", ""),
    (Tab::Roles, "Roles", "/roles"),
    (Tab::Switch, "Switch role", "/switchrole"),
    (Tab::Sessions, "Sessions", "/sessions"),
    (Tab::Activity, "Activity", "/activity"),
    (Tab::Traces, "Traces", "/traces"),
    (Tab::Simulator, "Simulator", "/simulator"),
    (Tab::Providers, "Providers", "/providers"),
];

impl Frame {
    /// Around a page of somebody who is signed in.
    pub(super) fn of(nth: Nth, id: &SessionId, session: &ConsoleSession, tab: Tab) -> Self {
        let base = base(nth);
        let link = |(of, label, path)| NavLink { href: format!("{base}{path}"), label, current: of == tab };
        Self {
            who: session.original.label().to_owned(),
            csrf: id.csrf(),
            banner: None,
            nav: NAVIGATION.map(link).into(),
            base,
        }
    }

    /// Around a page that is nobody's.
    pub(super) fn bare(nth: Nth) -> Self {
        Self { base: base(nth), who: String::new(), csrf: String::new(), banner: None, nav: Vec::new() }
    }
}

impl PageSession {
    pub(super) fn frame(&self, tab: Tab) -> Frame {
        Frame::of(self.incoming.nth, &self.id, &self.session, tab)
    }
}
