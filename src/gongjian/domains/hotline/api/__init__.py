"""What programs may ask of the hotline."""

from gongjian.domains.hotline.api import acts, cases, reading, reference
from gongjian.domains.hotline.api.routes import router

__all__ = ["acts", "cases", "reading", "reference", "router"]
