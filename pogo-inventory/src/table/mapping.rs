//! Maps the fields of a row.

use serde::{Deserialize, Serialize};

/// Maps fields of a row (CSV columns, object keys) to name, tags and settings. Other fields are ignored.
///
/// A nested field is named by a path: `metadata.name`, `addresses[type=InternalIP].address` (of the first
/// object in the list with that `type`), `disks[0].size`. Keys may contain dots.
///
/// By default a host's name is in `name`, its tags in `tags` (optional), and its connection settings in `address`,
/// `port` and `user`.
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
    /// Fallback fields for the name, such as a machine's id if it has no label; the first one with a value
    /// counts.
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
    /// The field with the login user. By default `user`.
    #[serde(default = "default_user")]
    pub user: String,
    /// Further fields that are passed to the transport under the same name. Never secrets.
    #[serde(default)]
    pub vars: Vec<String>,
    /// In documents: the key of the rows, such as `hosts`; nested keys are separated by dots. Lists on
    /// the way are flattened: `Reservations.Instances` are the instances of all reservations.
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
    /// The parent tag of the field's values: with `colo`, `east` becomes the tag `colo.east`.
    /// Without it, the values are whole tags.
    #[serde(default)]
    pub tag: Option<String>,
    /// Whether every row must have the field.
    #[serde(default)]
    pub required: bool,
    /// Whether the presence of the field adds `tag`, whatever its value.
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
    /// A mapping with this field for the name, without tags, and with defaults for the rest.
    pub fn named_by(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            tags: Vec::new(),
            ..Self::default()
        }
    }

    /// Adds a fallback field for the name.
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

    /// Reads whole tags from `field`, which every row must have: `frontend colo.east`.
    pub fn tags(mut self, field: impl Into<String>) -> Self {
        self.tags.push(TagField {
            field: field.into(),
            tag: None,
            required: true,
            present: false,
        });
        self
    }

    /// Reads values of `tag` from `field`, which every row must have.
    pub fn tag_values(mut self, field: impl Into<String>, tag: impl Into<String>) -> Self {
        self.tags.push(TagField {
            field: field.into(),
            tag: Some(tag.into()),
            required: true,
            present: false,
        });
        self
    }

    /// Adds `tag` to hosts that have `field`, even an empty one.
    pub fn tag_if(mut self, field: impl Into<String>, tag: impl Into<String>) -> Self {
        self.tags.push(TagField {
            field: field.into(),
            tag: Some(tag.into()),
            required: false,
            present: true,
        });
        self
    }

    /// Makes the last field with tags optional.
    pub fn optional(mut self) -> Self {
        if let Some(last) = self.tags.last_mut() {
            last.required = false;
        }
        self
    }

    /// Reads the address from this field.
    pub fn address(mut self, field: impl Into<String>) -> Self {
        self.address = field.into();
        self
    }

    /// Reads the port from this field.
    pub fn port(mut self, field: impl Into<String>) -> Self {
        self.port = field.into();
        self
    }

    /// Reads the login user from this field.
    pub fn user(mut self, field: impl Into<String>) -> Self {
        self.user = field.into();
        self
    }

    /// Sets the key of the rows.
    pub fn rows(mut self, key: impl Into<String>) -> Self {
        self.rows = Some(key.into());
        self
    }

    /// Sets the column names, for CSV files without a header line.
    pub fn columns<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.columns = names.into_iter().map(Into::into).collect();
        self
    }

    /// Passes a further field to the transport.
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
