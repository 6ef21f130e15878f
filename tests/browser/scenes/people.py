"""People, one's account, and how they sign in."""

PAGES = {
    "account": ("/account", lambda demo: "/account"),
    "account authenticator": ("/account/authenticator", lambda demo: "/account/authenticator"),
    "people": ("/office/people", lambda demo: "/office/people"),
}
ELSEWHERE = {
    "/account/news": "shown once something happened: test_people_in_a_browser",
}
