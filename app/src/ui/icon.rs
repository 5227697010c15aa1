//! Icons, drawn here: 20 by 20, one stroke, in the colour of the text around them.

use leptos::prelude::*;

/// What an icon shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Brand,
    Menu,
    Report,
    Settings,
    Person,
    People,
    Key,
    Copy,
    Check,
    Warning,
    Download,
    Left,
    Right,
    Down,
    Film,
    Folder,
    Search,
    SignOut,
    Play,
    Open,
    Edit,
    Chat,
    Filter,
    Lock,
    Unlock,
    Restore,
    Webhook,
}

impl Shape {
    const fn path(self) -> &'static str {
        match self {
            Self::Brand => {
                "M4 4.5h12v11H4zM4 8h12M4 12h12M7.5 4.5V8M12.5 4.5V8M7.5 12v3.5M12.5 12v3.5"
            }
            Self::Menu => "M3.5 5.5h13M3.5 10h13M3.5 14.5h13",
            Self::Report => "M4 16V9.5M8 16V4M12 16v-5M16 16V7",
            Self::Settings => "M3.5 6h6m4 0h3M3.5 14h3m4 0h6M11.5 4v4M8.5 12v4",
            Self::Person => {
                "M10 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4 16.5c.6-3 3-4.5 6-4.5s5.4 1.5 6 4.5"
            }
            Self::People => {
                "M7.5 9.5a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5zM2.5 16c.5-2.700 2.700-4 5-4s4.500 1.300 5 4M13 9.300a2.500 2.500 0 0 0 0-5M14.500 12.300c1.600.5 2.700 1.700 3 3.700"
            }
            Self::Key => {
                "M7 13.500a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM10.5 10H17M14 10v3M17 10v2"
            }
            Self::Copy => "M7.5 7.500h8.500v9H7.500zM4.5 12.500v-9H13",
            Self::Check => "M4 10.5 8 14.5 16 5.5",
            Self::Warning => "M10 3.5 17 16H3zM10 8v4M10 13.800v.2",
            Self::Download => "M10 3.500v9M6.5 9 10 12.5 13.5 9M4 16.500h12",
            Self::Left => "M12 4.5 6.5 10 12 15.5",
            Self::Right => "M8 4.5 13.5 10 8 15.5",
            Self::Down => "M5.5 8 10 12.5 14.5 8",
            Self::Film => "M3.5 5h9.500v10H3.500zM13 9l4-2.500v7L13 11",
            Self::Folder => "M3 5.500h5l1.500 2H17v8H3z",
            Self::Search => "M9 14a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM12.7 12.7 16.5 16.5",
            Self::Play => "M6 4v12l10-6z",
            Self::Open => "M11 4h5v5M16 4l-7 7M14 11.500V16H4V6h4.500",
            Self::Edit => "M4 16l.8-3.400L13 4.400l2.600 2.600-8.200 8.200zM11.500 6l2.600 2.600",
            Self::Chat => "M4 4.500h12v8.500H9L5.500 16v-3H4z",
            Self::Filter => "M3 5h14M5.500 10h9M8.500 15h3",
            Self::Lock => "M5 9h10v7.500H5zM7 9V6.500a3 3 0 0 1 6 0V9",
            Self::Unlock => "M5 9h10v7.500H5zM7 9V6.500a3 3 0 0 1 5.700-1.300",
            Self::Restore => "M4 4v4.500h4.500M4.500 8.200A6 6 0 1 1 4 11.500",
            Self::SignOut => "M8.5 4H4v12h4.500M8 10h8.500M13.5 7l3 3-3 3",
            Self::Webhook => {
                "M10 8a2.500 2.500 0 1 0-2-1l-2.500 4.500M5 11a2.500 2.500 0 1 0 2.500 2.700H13M15 11.200a2.500 2.500 0 1 1-2 4M12 7l2.500 4.200"
            }
        }
    }
}

/// Decoration only: whatever it means is said in text, too.
#[component]
pub(crate) fn Icon(shape: Shape) -> impl IntoView {
    let class = if shape == Shape::Check {
        "icon icon-check"
    } else {
        "icon"
    };
    view! {
        <svg class=class viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
            <path d=shape.path() />
        </svg>
    }
}
