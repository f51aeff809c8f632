from pricing.admin.catalogue import FeatureDesk, ProductDesk

__all__ = ["FeatureDesk", "ProductDesk"]
