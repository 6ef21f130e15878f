"""The first steps of an office, and adding a machine."""

PAGES = {
    "first steps": ("/office/start", lambda _demo: "/office/start"),
    "add a machine": ("/machines/add", lambda _demo: "/machines/add"),
}
