//! Whoever has sent a file is told live how it gets on.

use lyceum_kernel::notice::{ImportProgress, Notice};
use lyceum_platform::uow::Tx;
use lyceum_web::socket::{Push, Topic, publish};
use sea_orm::ActiveEnum as _;

use crate::model::import::{Model, State};
use crate::service::TenancyService;

impl TenancyService {
    /// Tells of an import as it will stand once the unit of work is committed.
    pub(super) fn tell_progress(&self, tx: &mut Tx, row: &Model) {
        let topic = Topic::of_member(row.school_id, row.importer_id);
        let running = row.state == State::Running;
        let notice = Notice::Import(ImportProgress {
            id: row.id.uuid(),
            state: row.state.to_value(),
            step: row.step.filter(|_| running).map(|step| step.to_value()),
            done: row.rows_done,
            total: row.rows_total,
            error_count: row.faults,
        });
        let bus = self.platform.bus.clone();
        tx.after_commit(move || publish(&bus, &topic, &Push::message(&notice)));
    }
}
