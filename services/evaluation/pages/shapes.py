"""Where the pages of evaluation are."""

PREFIX = "/evaluation/pages"
