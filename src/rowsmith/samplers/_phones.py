"""Telephone numbers that no subscriber has, where a country keeps some for films, books and examples.

Sources: United States and Canada: NANPA and the ATIS guideline on 555 line numbers (555-0100 to 555-0199). United
Kingdom: Ofcom, "Telephone numbers for use in TV and radio drama". Germany: Bundesnetzagentur, notice 148/2021, "Drama
Numbers". France: ARCEP, national numbering plan, numbers for fiction. Ireland: ComReg, 020 91X XXXX. Sweden: PTS,
numbers for use in books and films. Australia: ACMA, "Phone numbers for use in TV shows, films and creative works".
"""

from __future__ import annotations

from rowsmith.samplers._vocabulary import words

_UNITED_STATES = words(
    """201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 234 239 240 248 251 252 253
    254 256 260 262 267 269 270 276 281 301 302 303 304 305 307 308 309 310 312 313 314 315 316 317 318 319 320 321 323
    325 330 334 336 337 347 351 352 360 361 386 401 402 404 405 406 407 408 409 410 412 413 414 415 417 419 423 424 425
    432 434 435 440 443 469 478 479 480 484 501 502 503 504 505 507 508 509 510 512 513 515 516 517 518 520 530 540 541
    551 559 561 562 563 567 570 571 573 574 580 585 586 601 602 603 605 606 607 608 609 610 612 614 615 616 617 618 619
    620 623 626 630 631 636 641 646 650 651 660 661 662 678 682 701 702 703 704 706 707 708 712 713 714 715 716 717 718
    719 720 724 727 731 732 734 740 754 757 760 763 765 770 772 773 774 775 781 785 786 801 802 803 804 805 806 808 810
    812 813 814 815 816 817 818 828 830 831 832 843 845 847 850 856 857 858 859 860 862 863 864 865 870 878 901 903 904
    906 907 908 909 910 912 913 914 915 916 917 918 919 920 925 928 931 936 937 940 941 947 949 951 952 954 956 970 971
    972 973 978 979 980 985 989"""
)
_CANADA = words("204 226 250 289 306 403 416 418 450 506 514 519 604 613 647 705 709 778 780 807 819 902 905")
_ENGLISH_CITIES = ("0113", "0114", "0115", "0116", "0117", "0118", "0121", "0131", "0141", "0151", "0161")

RESERVED: dict[str, tuple[str, ...]] = {
    "en_US": tuple(f"({area}) 555-01##" for area in _UNITED_STATES),
    "en_CA": tuple(f"({area}) 555-01##" for area in _CANADA),
    "en_GB": (
        *(f"{area} 496 0###" for area in _ENGLISH_CITIES),
        "020 7946 0###",
        "0191 498 0###",
        "028 9649 6###",
        "029 2018 0###",
        "01632 960###",
        *("07700 900###",) * 15,
    ),
    "en_IE": ("020 91# ####",),
    "en_AU": tuple(f"(0{area}) {block} ####" for area in "2378" for block in ("5550", "7010")),
    "de_DE": (
        "030 23125###",
        "040 66969###",
        "069 90009###",
        "0221 4710###",
        "089 99998###",
        *("0171 39200##", "0176 040690##") * 2,
    ),
    "fr_FR": (
        *(f"{block} ## ##" for block in ("01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49")),
        *("06 39 98 ## ##",) * 5,
    ),
    "sv_SE": (
        "08-465 004 ##",
        "031-390 06 ##",
        "040-628 04 ##",
        "0980-319 2##",
        *("070-174 06 6#", "070-174 06 7#", "070-174 06 8#", "070-174 06 9#"),
    ),
}
"""Locale to patterns; those listed more often come more often."""
RESERVED["fr_CA"] = RESERVED["en_CA"]
