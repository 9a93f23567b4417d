"""A window that shows pages in Chromium 69: run by the Python of its own environment."""

import sys

from PyQt5.QtCore import QUrl  # type: ignore[import-not-found]
from PyQt5.QtWebEngineWidgets import QWebEngineView  # type: ignore[import-not-found]
from PyQt5.QtWidgets import QApplication  # type: ignore[import-not-found]

WIDTH, HEIGHT = 375, 812

application = QApplication(["view"])
view = QWebEngineView()
view.resize(WIDTH, HEIGHT)
view.load(QUrl("about:blank"))
view.show()
sys.exit(application.exec_())
