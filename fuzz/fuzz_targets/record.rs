//! Lines of a journal are refused, or make a scheduler that agrees with itself and can be gone on with.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pogo_core::scheduler::{Input, Record, Scheduler};

fuzz_target!(|text: &str| {
    let mut scheduler = Scheduler::new();
    for line in text.lines() {
        let Ok(record) = serde_json::from_str::<Record>(line) else { continue };
        let _ = scheduler.apply(&record);
    }
    let now = scheduler.now();
    assert!(scheduler.handle(now, Input::Recover { resumed: vec![] }).is_ok());
    assert_eq!(scheduler.verify(), Ok(()));
    for _ in 0..10 {
        let Some(next) = scheduler.next_timeout() else { return };
        let now = scheduler.now().max(next);
        assert!(scheduler.handle(now, Input::Tick).is_ok());
    }
});
