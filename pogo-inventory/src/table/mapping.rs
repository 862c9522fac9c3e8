//! The meaning of the fields of a row.

use serde::{Deserialize, Serialize};

/// Which field of a row (a column of CSV, a key of an object) means what. Other fields are not looked at.
///
/// A field of an object within is named by a path: `metadata.name`, `addresses[type=InternalIP].address` (of the first
/// object in the list whose `type` is that), `disks[0].size`. Keys may hold dots themselves.
///
/// By default a host's name is in `name`, its tags in `tags` (where there is such a field), and `address`, `port` and
/// `user` say how to reach it.
///
/// ```
/// use pogo_inventory::table::Mapping;
///
/// // hostname,site,roles
/// // web1,east,"frontend cache"
/// let mapping = Mapping::named_by("hostname").tag_values("site", "colo").tags("roles");
/// assert_eq!(mapping.name, "hostname");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Mapping {
    /// The field with the host's name, or a host range.
    #[serde(default = "default_name")]
    pub name: String,
    /// Fields with the name of a host that has none in `name`, such as a machine without a label; the first counts
    /// that has one.
    #[serde(default)]
    pub name_fallback: Vec<String>,
    /// The fields with tags.
    #[serde(default = "default_tags")]
    pub tags: Vec<TagField>,
    /// The field with the address to connect to. By default `address`.
    #[serde(default = "default_address")]
    pub address: String,
    /// The field with the port. By default `port`.
    #[serde(default = "default_port")]
    pub port: String,
    /// The field with the user to log in as. By default `user`.
    #[serde(default = "default_user")]
    pub user: String,
    /// Further fields that the transport shall know under the same name. Never secrets.
    #[serde(default)]
    pub vars: Vec<String>,
    /// In documents: the key below which the rows stand, such as `hosts`; nested ones are separated by dots. Lists on
    /// the way are gone through: `Reservations.Instances` are the instances of all reservations.
    #[serde(default)]
    pub rows: Option<String>,
    /// In CSV files without a first line that names the columns: their names, in order.
    #[serde(default)]
    pub columns: Vec<String>,
}

/// A field with tags: a list, or words separated by spaces, commas or semicolons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TagField {
    /// The field's name.
    pub field: String,
    /// The tag whose values the field holds: with `colo`, `east` becomes the tag `colo.east`.
    /// Without it, the field holds whole tags.
    #[serde(default)]
    pub tag: Option<String>,
    /// Whether every row must have the field.
    #[serde(default)]
    pub required: bool,
    /// Whether the field stands for `tag` by being there, whatever its value.
    #[serde(default)]
    pub present: bool,
}

impl Default for Mapping {
    fn default() -> Self {
        Self {
            name: default_name(),
            name_fallback: Vec::new(),
            tags: default_tags(),
            address: default_address(),
            port: default_port(),
            user: default_user(),
            vars: Vec::new(),
            rows: None,
            columns: Vec::new(),
        }
    }
}

impl Mapping {
    /// A mapping with this field for the name, no tags yet, and defaults for the rest.
    pub fn named_by(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            tags: Vec::new(),
            ..Self::default()
        }
    }

    /// Names hosts by this field, if they have no name in the fields before.
    ///
    /// ```
    /// # #[cfg(feature = "json")] {
    /// use pogo_inventory::table::{Format, Mapping, TableFile};
    ///
    /// let text = r#"[{"label": "web1", "id": "i-1"}, {"id": "i-2"}]"#;
    /// let mapping = Mapping::named_by("label").or_named_by("id");
    /// let fleet = TableFile::parse("cloud", text, Format::Json, &mapping)?.fleet.build()?;
    /// assert!(fleet.id("web1").is_some() && fleet.id("i-2").is_some());
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn or_named_by(mut self, field: impl Into<String>) -> Self {
        self.name_fallback.push(field.into());
        self
    }

    /// Takes whole tags from `field`, which every row must have: `frontend colo.east`.
    pub fn tags(mut self, field: impl Into<String>) -> Self {
        self.tags.push(TagField {
            field: field.into(),
            tag: None,
            required: true,
            present: false,
        });
        self
    }

    /// Takes values of `tag` from `field`, which every row must have.
    pub fn tag_values(mut self, field: impl Into<String>, tag: impl Into<String>) -> Self {
        self.tags.push(TagField {
            field: field.into(),
            tag: Some(tag.into()),
            required: true,
            present: false,
        });
        self
    }

    /// Gives `tag` to hosts that have `field`, even an empty one.
    pub fn tag_if(mut self, field: impl Into<String>, tag: impl Into<String>) -> Self {
        self.tags.push(TagField {
            field: field.into(),
            tag: Some(tag.into()),
            required: false,
            present: true,
        });
        self
    }

    /// Lets rows lack the field with tags that was named last.
    pub fn optional(mut self) -> Self {
        if let Some(last) = self.tags.last_mut() {
            last.required = false;
        }
        self
    }

    /// Takes the address to connect to from this field.
    pub fn address(mut self, field: impl Into<String>) -> Self {
        self.address = field.into();
        self
    }

    /// Takes the port from this field.
    pub fn port(mut self, field: impl Into<String>) -> Self {
        self.port = field.into();
        self
    }

    /// Takes the user to log in as from this field.
    pub fn user(mut self, field: impl Into<String>) -> Self {
        self.user = field.into();
        self
    }

    /// Looks for the rows below this key.
    pub fn rows(mut self, key: impl Into<String>) -> Self {
        self.rows = Some(key.into());
        self
    }

    /// Names the columns in order, for CSV files whose first line is a row already.
    pub fn columns<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.columns = names.into_iter().map(Into::into).collect();
        self
    }

    /// Takes a further setting for the transport from a field.
    pub fn var(mut self, field: impl Into<String>) -> Self {
        self.vars.push(field.into());
        self
    }
}

fn default_name() -> String {
    "name".to_owned()
}

fn default_tags() -> Vec<TagField> {
    vec![TagField {
        field: "tags".to_owned(),
        tag: None,
        required: false,
        present: false,
    }]
}

fn default_address() -> String {
    "address".to_owned()
}

fn default_port() -> String {
    "port".to_owned()
}

fn default_user() -> String {
    "user".to_owned()
}
