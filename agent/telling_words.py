"""The words in which an audit is retold, in both languages: sentences, who does what, and a glossary."""

from __future__ import annotations

from collections.abc import Mapping

from hustings.facts import Reason

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Security check", "of": "Looked at on %s", "letter": "Grade", "no_letter": "No grade",
        "too_little": "Too little could be seen for a grade.",
        "pass": "in order", "fail": "to fix", "unknown": "not seen", "not_applicable": "not applicable",
        "first": "Do first", "nothing": "Nothing that could be seen is wrong.",
        "nothing_seen": "Nothing could be seen.",
        "not_all": "That is not the same as safe: %d could not be seen, below.",
        "one_not_all": "That is not the same as safe: one could not be seen, below.",
        "all_good": "Everything that was looked at is in order.",
        "should": "What should hold:", "rest": "Then", "could_not": "What could not be seen",
        "good": "What is good", "beside": "Not looked at",
        "beside_why": "Nothing here that these are about, or another point speaks of it.",
        "who": "Who", "do": "What to do", "why_unknown": "Why", "details": "For the person who fixes it",
        "expected": "expected", "found": "found", "reason": "reason", "check": "check", "command": "command",
        "more": "and %d more, on the screen", "glossary": "Words", "of_subject": "about",
        "effort_S": "takes minutes", "effort_M": "takes hours", "effort_L": "takes days",
        "critical": "urgent", "high": "important", "medium": "soon", "low": "when there is time",
        "meaning": "The grade counts what could not be seen as not done. It never rises for want of looking.",
        "limit_stop": "There is a danger that must be ended before anything else.",
        "limit_critical": "Something urgent is wrong, and no number of good answers outweighs it.",
        "limit_critical_few": "Something urgent is wrong in places.",
        "limit_coverage": "A good part could not be seen.",
        "foot": "Made by Hustings on this computer. It was sent to nobody. Nothing was changed. It may name people and "
                "accounts: keep it within the office.",
    },
    "fr": {
        "title": "Contrôle de sécurité", "of": "Examiné le %s", "letter": "Note", "no_letter": "Pas de note",
        "too_little": "Trop peu de choses ont pu être vues pour donner une note.",
        "pass": "en ordre", "fail": "à corriger", "unknown": "non vus", "not_applicable": "sans objet",
        "first": "À faire d'abord", "nothing": "Rien de ce qui a pu être vu ne va mal.",
        "nothing_seen": "Rien n'a pu être vu.",
        "not_all": "Cela ne veut pas dire que tout est sûr : %d points n'ont pas pu être vus, ci-dessous.",
        "one_not_all": "Cela ne veut pas dire que tout est sûr : un point n'a pas pu être vu, ci-dessous.",
        "all_good": "Tout ce qui a été examiné est en ordre.",
        "should": "Ce qui devrait être :", "rest": "Ensuite", "could_not": "Ce qui n'a pas pu être vu",
        "good": "Ce qui va bien",
        "beside": "Non examiné", "beside_why": "Rien ici que ces points concernent, ou un autre point en parle.",
        "who": "Qui", "do": "Quoi faire", "why_unknown": "Pourquoi", "details": "Pour la personne qui corrige",
        "expected": "attendu", "found": "constaté", "reason": "raison", "check": "contrôle", "command": "commande",
        "more": "et %d de plus, à l'écran", "glossary": "Vocabulaire", "of_subject": "concerne",
        "effort_S": "quelques minutes", "effort_M": "quelques heures", "effort_L": "quelques jours",
        "critical": "urgent", "high": "important", "medium": "bientôt", "low": "quand le temps le permet",
        "meaning": "La note compte ce qui n'a pas pu être vu comme non fait. Elle ne monte jamais faute d'avoir "
                   "regardé.",
        "limit_stop": "Un danger doit être écarté avant toute autre chose.",
        "limit_critical": "Quelque chose d'urgent ne va pas, et aucun nombre de bonnes réponses ne le compense.",
        "limit_critical_few": "Quelque chose d'urgent ne va pas par endroits.",
        "limit_coverage": "Une bonne partie n'a pas pu être vue.",
        "foot": "Produit par Hustings sur cet ordinateur. Rien n'a été envoyé ni modifié. La page peut nommer des "
                "personnes et des comptes : gardez-la au bureau.",
    },
}

WHO: Mapping[str, Mapping[str, str]] = {
    "en": {
        "domains": "whoever looks after your domain, web site and mail",
        "identity": "whoever administers your accounts",
        "registration": "whoever administers the registration database",
        "backups": "whoever looks after your backups", "office": "the head of the office",
        "": "your IT support",
    },
    "fr": {
        "domains": "la personne qui s'occupe de votre domaine, de votre site et de votre courriel",
        "identity": "la personne qui administre vos comptes",
        "registration": "la personne qui administre la base d'inscription",
        "backups": "la personne qui s'occupe de vos sauvegardes", "office": "la direction du bureau",
        "": "votre soutien informatique",
    },
}
"""By area of the library; "" for all others."""

COULD_NOT: Mapping[str, Mapping[Reason, str]] = {
    "en": {
        Reason.DENIED: "We were not let in. Ask for the permission that the details name, then check again.",
        Reason.TIMEOUT: "No answer came in time. Check again later, or from another network.",
        Reason.UNSUPPORTED: "It cannot be seen from here, or something has to be declared first; the details say what.",
        Reason.TRUNCATED: "There was more than could be read. The details say where it was cut off.",
        Reason.ERROR: "What came back could not be understood, or there was nothing to ask. The details say what.",
        Reason.STALE: "What is known is too old. Check again.",
        Reason.WITHHELD: "It is kept on the machine that knows it.",
    },
    "fr": {
        Reason.DENIED: "L'accès nous a été refusé. Demandez la permission que nomment les détails, puis recommencez.",
        Reason.TIMEOUT: "Aucune réponse n'est venue à temps. Recommencez plus tard, ou depuis un autre réseau.",
        Reason.UNSUPPORTED: "Cela ne se voit pas d'ici, ou il faut d'abord déclarer quelque chose; les détails disent "
                            "quoi.",
        Reason.TRUNCATED: "Il y avait plus que ce qui pouvait être lu. Les détails disent où la lecture s'est arrêtée.",
        Reason.ERROR: "La réponse n'a pas pu être comprise, ou il n'y avait rien à interroger; voyez les détails.",
        Reason.STALE: "Ce qui est connu est trop ancien. Recommencez.",
        Reason.WITHHELD: "Cela reste sur la machine qui le sait.",
    },
}

KNOWN: Mapping[str, Mapping[str, str]] = {
    "declare dkim_selectors": {
        "en": "Ask your mail service for its DKIM selectors (Google: google; Microsoft 365: selector1 and selector2), "
              "then check again with --dkim-selector for each.",
        "fr": "Demandez à votre service de courriel ses sélecteurs DKIM (Google : google; Microsoft 365 : selector1 et "
              "selector2), puis recommencez avec --dkim-selector pour chacun.",
    },
    "many networks shut port 25": {
        "en": "Most networks shut the way by which mail servers are reached. Have the check run once on a server that "
              "sends mail.",
        "fr": "La plupart des réseaux ferment la voie des serveurs de courriel. Faites exécuter la vérification une "
              "fois sur un serveur qui envoie du courriel.",
    },
}
"""By words of the reason, where more can be said than of every reason of its kind."""

GLOSSARY: Mapping[str, Mapping[str, str]] = {
    "en": {
        "HTTPS": "A web page's sealed envelope: nobody on the way can read or change it.",
        "TLS": "The seal itself, for web pages and for mail. Old versions can be broken.",
        "certificate": "A site's identity card, issued for some months by an authority that browsers know.",
        "SPF": "A public list of who may send mail in your domain's name.",
        "DKIM": "A signature on each mail, to show that it came from you unchanged.",
        "DMARC": "What others shall do with mail that falsely claims to come from you.",
        "MTA-STS": "A public order to deliver mail to you sealed or not at all.",
        "STARTTLS": "How one mail server offers another to seal what follows.",
        "DANE": "A way to publish, under DNSSEC, which certificate is really yours.",
        "DNSSEC": "Signatures on the internet's phone book, so that your entry cannot be forged.",
        "CAA": "An entry that says which authorities may issue certificates for you.",
        "HSTS": "A note to browsers: come back by HTTPS only.",
        "Strict-Transport-Security": "A note to browsers: come back by HTTPS only.",
        "registrar": "The company through which your domain name is registered.",
        "second factor": "Something beside the password, such as a security key or an app.",
        "multifactor": "Signing in with something beside the password, such as a security key or an app.",
        "port": "A numbered door of a computer on the network.",
        "VPN": "A private tunnel through the internet, for staff alone.",
    },
    "fr": {
        "HTTPS": "L'enveloppe scellée d'une page web : personne en route ne peut la lire ni la changer.",
        "TLS": "Le sceau lui-même, pour le web et le courriel. Les vieilles versions peuvent être brisées.",
        "certificat": "La carte d'identité d'un site, délivrée pour quelques mois par une autorité connue.",
        "SPF": "La liste publique de ceux qui peuvent envoyer du courriel au nom de votre domaine.",
        "DKIM": "Une signature sur chaque courriel, qui montre qu'il vient de vous sans changement.",
        "DMARC": "Ce que les autres doivent faire d'un courriel qui prétend faussement venir de vous.",
        "MTA-STS": "L'ordre public de vous livrer le courriel scellé, ou pas du tout.",
        "STARTTLS": "La façon dont un serveur de courriel offre à un autre de sceller la suite.",
        "DANE": "Une façon de publier, sous DNSSEC, quel certificat est vraiment le vôtre.",
        "DNSSEC": "Des signatures sur l'annuaire d'Internet, pour que votre inscription ne puisse être falsifiée.",
        "CAA": "Une inscription qui dit quelles autorités peuvent délivrer vos certificats.",
        "HSTS": "Une note aux navigateurs : ne revenez que par HTTPS.",
        "Strict-Transport-Security": "Une note aux navigateurs : ne revenez que par HTTPS.",
        "registraire": "L'entreprise par laquelle votre nom de domaine est enregistré.",
        "authentification multifacteur": "Se connecter avec autre chose en plus du mot de passe : clé, application.",
        "port": "Une porte numérotée d'un ordinateur sur le réseau.",
        "RPV": "Un tunnel privé à travers Internet, pour le personnel seulement.",
    },
}
