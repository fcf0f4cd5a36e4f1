//! What stands around every page: who is signed in, whether they have switched to another role, and where else to go.

use super::page_session::{PageSession, base};
use crate::console::{ConsoleSession, Nth, SessionId, Target};
use crate::words::RoleArn;
use std::collections::BTreeSet;

/// Every page's template has one as `frame`, and begins each link and each form's action with `frame.base`.
#[derive(Default)]
pub(super) struct Frame {
    /// `/console`, or `/console/s/2`.
    pub(super) base: String,
    /// Empty where nobody is signed in, or it does not matter who is.
    pub(super) who: String,
    pub(super) csrf: String,
    /// While they have switched.
    pub(super) banner: Option<Banner>,
    /// What those are told who look after the house.
    pub(super) notice: Option<String>,
    pub(super) nav: Vec<NavLink>,
    /// Roles that they switched to before.
    pub(super) recent: Vec<Recent>,
    /// Those that the page shows, each with a stylesheet of its own.
    pub(super) colors: BTreeSet<String>,
}

pub(super) struct Banner {
    pub(super) label: String,
    /// Six hexadecimal digits; empty for none.
    pub(super) color: String,
    pub(super) role: String,
}

/// The fields of the form that switches there again.
pub(super) struct Recent {
    pub(super) account: String,
    pub(super) role_name: String,
    pub(super) label: String,
    pub(super) color: String,
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
        let banner = session.switched.as_ref().map(|switched| Banner {
            label: switched.to.label.clone(),
            color: digits(&switched.to),
            role: switched.to.role.clone(),
        });
        let mut frame = Self {
            who: session.original.label().to_owned(),
            csrf: id.csrf(),
            banner,
            notice: None,
            nav: NAVIGATION.map(link).into(),
            recent: session.recent.iter().filter_map(recent).collect(),
            colors: BTreeSet::new(),
            base,
        };
        let shown = session.switched.iter().map(|switched| &switched.to).chain(&session.recent).map(digits);
        frame.show_colors(shown);
        frame
    }

    pub(super) fn show_colors(&mut self, colors: impl IntoIterator<Item = String>) {
        self.colors.extend(colors.into_iter().filter(|color| !color.is_empty()));
    }

    /// Around a page that is nobody's.
    pub(super) fn bare(nth: Nth) -> Self {
        Self { base: base(nth), ..Self::default() }
    }
}

fn digits(target: &Target) -> String {
    target.color.as_ref().map(|color| color.digits().to_owned()).unwrap_or_default()
}

fn recent(target: &Target) -> Option<Recent> {
    let role: RoleArn = target.role.parse().ok()?;
    let role_name = target.role.split_once(":role/")?.1.to_owned();
    Some(Recent { account: role.account().to_string(), role_name, label: target.label.clone(), color: digits(target) })
}

impl PageSession {
    pub(super) fn frame(&self, tab: Tab) -> Frame {
        Frame::of(self.incoming.nth, &self.id, &self.session, tab)
    }
}
