from config.kernel.models.audit_run import AuditRun
from config.kernel.models.run import Run

__all__ = ["AuditRun", "Run"]
