"""The kinds of definitions, by name, in the order in which people think of them."""
from __future__ import annotations

from runtime.definitions.app import App
from runtime.definitions.automation import Automation
from runtime.definitions.dashboard import Dashboard
from runtime.definitions.form import Form
from runtime.definitions.model import Definition
from runtime.definitions.permission_set import PermissionSet
from runtime.definitions.potential import Potential
from runtime.definitions.segment import Segment
from runtime.definitions.tag_set import TagSet
from runtime.definitions.tier_model import TierModel
from runtime.definitions.view import View
from runtime.definitions.wording import Wording
from runtime.definitions.workflow import Workflow

KINDS: dict[str, type[Definition]] = {
    "app": App, "form": Form, "tag_set": TagSet, "tier_model": TierModel, "segment": Segment, "potential": Potential,
    "automation": Automation, "workflow": Workflow, "view": View, "dashboard": Dashboard, "permission_set": PermissionSet, "wording": Wording}
