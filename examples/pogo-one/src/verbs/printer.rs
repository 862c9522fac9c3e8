//! What prints output that is not folded.

use crate::cli::LogFormat;
use crate::report::OutputPrinter;

pub(super) fn printer(format: LogFormat) -> OutputPrinter {
    match format {
        LogFormat::Text => OutputPrinter::lines(),
        LogFormat::Jsonl => OutputPrinter::json(),
    }
}
