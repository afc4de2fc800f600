"""What programs may ask of the hotline."""

from gongjian.domains.hotline.api.cases import router

__all__ = ["router"]
