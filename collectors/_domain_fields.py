"""The fields of what is seen of sites and mail hosts, apart from what sees them: these are wanted on every run."""

from __future__ import annotations

from hustings.facts import Field, Type

HOST = (Field("host", Type.TEXT, "The host"), Field("address", Type.TEXT, "The address that was asked; empty where it "
                                                    "has none"))
"""What a record is about."""

WEB = (
    Field("plain", Type.TEXT, "What port 80 does: closed, redirects (to HTTPS of an own host), onward (to an own host, "
          "but not by HTTPS), elsewhere (to another host), refuses (an error without a page), content"),
    Field("https", Type.TEXT, "What port 443 does: closed, content, redirects (to an own host), elsewhere (to another "
          "host), downgrade (back to plain HTTP), error"),
)
"""What a host of a site does on its two ports."""

TLS = (
    Field("trust", Type.TEXT, "What this system makes of the certificate's chain: ok, expired, not-yet-valid, "
          "self-signed, unknown-issuer (or an intermediate certificate is not sent), weak, revoked, wrong-purpose, "
          "invalid"),
    Field("name_matches", Type.BOOL, "Whether the certificate is good for the host's name"),
    Field("not_after", Type.TIME, "When the certificate ends"),
    Field("renew_by", Type.TIME, "When it should have been renewed: 21 days before its end, or a quarter of its life "
          "if that is less"),
    Field("key", Type.TEXT, "The kind and size of its key"),
    Field("strong", Type.BOOL, "Whether key and signature are strong: RSA of 2048 bits, curves of 256, no SHA-1"),
    Field("version", Type.TEXT, "The version of TLS that was agreed on"),
    Field("modern", Type.BOOL, "Whether TLS 1.2 or later is spoken"),
    Field("old_versions", Type.TEXT, "The versions before 1.2 that are spoken too; empty for none"),
)
"""What a server shows over TLS."""

HEADERS = (
    Field("hsts", Type.DURATION, "For how long browsers are told to come by HTTPS alone (Strict-Transport-Security); 0 "
          "where they are not told"),
    Field("hsts_subdomains", Type.BOOL, "Whether that holds for the hosts below it too"),
    Field("hsts_preload", Type.BOOL, "Whether browsers may be shipped with it"),
    Field("content_policy", Type.BOOL, "Whether pages say where their scripts may come from (Content-Security-Policy, "
          "in force and not only reported)"),
    Field("framing", Type.BOOL, "Whether other sites are kept from showing the pages within theirs"),
    Field("no_sniffing", Type.BOOL, "Whether browsers are told not to guess the kind of a file"),
    Field("referrer", Type.BOOL, "Whether other sites are kept from learning the whole addresses of pages"),
)
"""What the headers of a site promise to browsers."""

CONTACTS = (
    Field("found", Type.BOOL, "Whether there is such a file on this host"),
    Field("plain_text", Type.BOOL, "Whether it is served as text/plain in UTF-8, as it must be"),
    Field("contact", Type.BOOL, "Whether it names at least one contact, as mailto:, tel: or https:"),
    Field("expires", Type.TIME, "Until when it holds; absent where it does not say so exactly once"),
)
"""What a site publishes in security.txt."""

MAIL_TLS = tuple(one for one in TLS if one.name != "old_versions")
"""What a mail host shows over TLS."""
