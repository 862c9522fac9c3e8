//! Scripts as one: joined when the process starts, so that browsers ask for one file, and what is alike in several of
//! them is compressed once.

use std::collections::BTreeSet;

/// A script of the page: its name, and its text.
pub(super) type Script = (&'static str, &'static str);

/// What a module has in it that is none of its code.
#[derive(Default)]
struct Module {
    /// The modules that it imports, by their names.
    imports: Vec<String>,
    /// The names that it exports.
    exports: Vec<String>,
    /// Its code, in which imports are constants.
    code: String,
}

/// The last of these scripts with all that it imports. Each becomes a function of its own, so that a name means the
/// same as before; it begins with what it imports, and ends with what it exports. No script imports one that imports
/// it, and what is exported is never assigned anew.
pub(super) fn joined(scripts: &[Script], last: &str) -> String {
    let mut joined = Joined {
        scripts,
        done: BTreeSet::new(),
        text: String::new(),
    };
    joined.add(last);
    joined.text
}

struct Joined<'s> {
    scripts: &'s [Script],
    done: BTreeSet<String>,
    text: String,
}

impl Joined<'_> {
    fn add(&mut self, name: &str) {
        let Some((_, source)) = self.scripts.iter().find(|(known, _)| *known == name) else {
            return;
        };
        if !self.done.insert(name.to_owned()) {
            return;
        }
        let module = Module::of(source);
        module.imports.iter().for_each(|import| self.add(import));
        let (object, exports) = (object(name), module.exports.join(", "));
        self.text.push_str(&format!("const {object} = (() => {{\n"));
        self.text.push_str(&module.code);
        self.text.push_str(&format!("return {{ {exports} }};\n}})();\n"));
    }
}

/// The constant with the exports of a module.
fn object(name: &str) -> String {
    format!("{}_", name.trim_end_matches(".js"))
}

impl Module {
    fn of(source: &str) -> Self {
        let mut module = Self::default();
        let mut lines = source.lines();
        while let Some(line) = lines.next() {
            if line.starts_with("import {") {
                let mut import = line.to_owned();
                while !import.ends_with(';') {
                    let Some(more) = lines.next() else { break };
                    import.push_str(more.trim_start());
                }
                module.import(&import);
                continue;
            }
            let code = line.strip_prefix("export ");
            if let Some(name) = code.and_then(declared) {
                module.exports.push(name.to_owned());
            }
            module.code.push_str(code.unwrap_or(line));
            module.code.push('\n');
        }
        module
    }

    /// Takes `import { a, b as c } from "./x.js";`.
    fn import(&mut self, line: &str) {
        let parts = line.split(['{', '}', '"']).collect::<Vec<_>>();
        let [_, names, _, from, ..] = parts.as_slice() else {
            return;
        };
        let from = from.trim_start_matches("./");
        let names = names.trim().trim_end_matches(',').replace(" as ", ": ");
        self.code
            .push_str(&format!("const {{ {names} }} = {};\n", object(from)));
        self.imports.push(from.to_owned());
    }
}

/// The name that a declaration is of.
fn declared(code: &str) -> Option<&str> {
    let mut words = code.split([' ', '(']);
    words.find(|word| !["const", "async", "function", "class"].contains(word))
}

#[cfg(test)]
mod tests {
    use super::super::files::SCRIPTS;
    use super::*;

    #[test]
    fn a_module_is_a_function_with_what_it_exports() {
        let scripts = [
            (
                "dom.js",
                "// Elements.\nexport const el = 1;\nexport async function show() {\n  el;\n}\nconst own = 2;\n",
            ),
            (
                "app.js",
                "import {\n  el,\n  show as put,\n} from \"./dom.js\";\nput(el);\n",
            ),
            ("worker.js", "export class Worker {}\n"),
        ];
        assert_eq!(
            joined(&scripts, "app.js"),
            "const dom_ = (() => {\n// Elements.\nconst el = 1;\nasync function show() {\n  el;\n}\nconst own = 2;\n\
             return { el, show };\n})();\n\
             const app_ = (() => {\nconst { el,show: put } = dom_;\nput(el);\nreturn {  };\n})();\n"
        );
    }

    /// The lines of all scripts that begin so.
    fn lines_with(start: &str) -> Vec<String> {
        let lines = SCRIPTS.iter().flat_map(|(_, text)| text.lines());
        lines
            .filter(|line| line.starts_with(start))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn scripts_import_and_export_as_they_are_joined() {
        // Bindings that change would be copied as they are at first.
        assert_eq!(lines_with("export let"), Vec::<String>::new());
        assert_eq!(lines_with("export default"), Vec::<String>::new());
        assert_eq!(lines_with("export {"), Vec::<String>::new());
        assert_eq!(lines_with("import").len(), lines_with("import {").len());
    }

    #[test]
    fn what_is_imported_is_exported_before() {
        let text = joined(SCRIPTS, "app.js");
        for (name, source) in SCRIPTS {
            let Module { imports, code, .. } = Module::of(source);
            let own = text.find(&format!("const {} = ", object(name))).unwrap();
            for import in &imports {
                let before = text.find(&format!("const {} = ", object(import))).unwrap();
                assert!(before < own, "{name} imports {import}, which imports it");
                let (_, of) = SCRIPTS.iter().find(|(known, _)| known == import).unwrap();
                let exports = Module::of(of).exports;
                let line = code
                    .lines()
                    .find(|line| line.ends_with(&format!("= {};", object(import))));
                let names = line.unwrap().split(['{', '}']).nth(1).unwrap();
                for wanted in names.split(',').filter_map(|name| name.split(':').next()) {
                    assert!(
                        exports.iter().any(|export| export == wanted.trim()),
                        "{import} has no {wanted}, which {name} imports"
                    );
                }
            }
        }
    }

    #[test]
    fn every_script_is_there() {
        let text = joined(SCRIPTS, "app.js");
        for (name, _) in SCRIPTS {
            assert_eq!(text.matches(&format!("const {} = ", object(name))).count(), 1, "{name}");
        }
    }
}
