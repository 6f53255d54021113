import io
import os
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prodgen_lib.classroom.intake import collect as collecting
from prodgen_lib.classroom.intake import unzip
from prodgen_lib.classroom.intake.collect import collect
from prodgen_lib.classroom.intake.layout import place
from prodgen_lib.course.project import CourseError
from prodgen_lib.course.salvage import Unreadable


def put(root, name, content="{}", time=None):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    if time:
        os.utime(path, (time, time))
    return path


def packed(path, entries):
    """A zip file of names (or ZipInfo) and contents."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def inner(*entries):
    data = io.BytesIO()
    packed(data, entries)
    return data.getvalue()


def keys(found):
    return [of.student.key for of in found]


def only(found):
    assert len(found) == 1, keys(found)
    return found[0]


@pytest.mark.parametrize(
    ("path", "key", "name", "system", "number"),
    [
        ("ada/x.ipynb", "ada", "ada", "", ""),
        ("ada/ps1/x.ipynb", "ada", "ada", "", ""),
        ("submitted/ada/ps1/x.ipynb", "ada", "ada", "", ""),
        ("ada.ipynb", "ada", "ada", "", ""),
        ("Zoë 周_12_assignsubmission_file_/x.ipynb", "Zoë 周_12", "Zoë 周", "moodle", "12"),
        ("Zoë 周_12_assignsubmission_file/a/x.ipynb", "Zoë 周_12", "Zoë 周", "moodle", "12"),
        ("A_B C_7_assignsubmission_file_x.ipynb", "A_B C_7", "A_B C", "moodle", "7"),
        ("A_7_assignsubmission_onlinetext_/onlinetext.html", "A_7", "A", "moodle", "7"),
        ("lovelaceada_31_4711_06_gan_torch.ipynb", "lovelaceada_31", "lovelaceada", "canvas", "31"),
        ("lovelaceada_LATE_31_4711_x-1.ipynb", "lovelaceada_31", "lovelaceada", "canvas", "31"),
        ("anon_a1B2c_4711_x.ipynb", "anon_a1B2c", "anon_a1B2c", "canvas", ""),
        ("LATE_anon_a1B2c_4711_x.ipynb", "anon_a1B2c", "anon_a1B2c", "canvas", ""),
        ("محمد علي/x.ipynb", "محمد علي", "محمد علي", "", ""),
        ("06_gan_torch.ipynb", "06_gan_torch", "06_gan_torch", "", ""),
    ],
)
def test_whose_a_file_is(path, key, name, system, number):
    student = place(tuple(path.split("/"))).student
    assert (student.key, student.name) == (key, name)
    assert (student.system, student.number) == (system, number)


@pytest.mark.parametrize(
    "path",
    [
        "ada/submitted/bob/ps1/x.ipynb",
        "ada/Bob_5_assignsubmission_file_/x.ipynb",
        "ada/bob_5_6_x.ipynb",
        "submitted/ada/Bob_5_assignsubmission_file_/x.ipynb",
    ],
)
def test_nobody_hands_in_for_another_by_a_name_of_their_own(path):
    assert place(tuple(path.split("/"))).student.key == "ada"


def test_the_first_name_counts_where_a_student_wrote_a_second():
    moodle = place(("Ada_1_assignsubmission_file_Bob_2_assignsubmission_file_x.ipynb",))
    canvas = place(("ada_1_2_bob_LATE_3_4_x.ipynb",))
    assert moodle.student.key == "Ada_1"
    assert canvas.student.key == "ada_1" and not canvas.late


def test_two_spellings_of_one_accent_are_one_student(tmp_path):
    put(tmp_path, "Zoe\u0308/a.ipynb")
    put(tmp_path, "Zo\u00eb/b.ipynb")
    assert len(only(collect(tmp_path)).notebooks) == 2


def test_names_that_turn_the_text_are_shown_plain(tmp_path):
    put(tmp_path, "ada\u202egnp\x1b[31m/x.ipynb")
    student = only(collect(tmp_path)).student
    assert student.name == "adagnp"


def test_a_name_that_is_not_utf_8(tmp_path):
    folder = os.fsencode(tmp_path) + b"/Ren\xe9"
    os.mkdir(folder)
    with open(folder + b"/x.ipynb", "w") as file:
        file.write("{}")
    assert keys(collect(tmp_path)) == ["René"]


def test_nbgrader_folders_with_their_time(tmp_path):
    put(tmp_path, "submitted/ada/ps1/06.ipynb", "ada")
    put(tmp_path, "submitted/ada/ps1/timestamp.txt", "2026-11-02 01:30:00.5 UTC")
    put(tmp_path, "submitted/ada/ps1/.ipynb_checkpoints/06-checkpoint.ipynb")
    put(tmp_path, "submitted/bob/ps1/06.ipynb", "bob")
    put(tmp_path, "submitted/bob/ps1/timestamp.txt", "2026-11-01 20:30:00 America/New_York")
    ada, bob = collect(tmp_path)
    assert [file.read() for file in ada.notebooks] == [b"ada"]
    assert ada.handed_in == datetime(2026, 11, 2, 1, 30, 0, 500_000, tzinfo=UTC)
    assert bob.handed_in == datetime(2026, 11, 2, 1, 30, tzinfo=UTC)


def test_a_time_that_is_none_is_no_time(tmp_path):
    put(tmp_path, "ada/ps1/06.ipynb")
    put(tmp_path, "ada/ps1/timestamp.txt", "yesterday\n" * 100)
    ada = only(collect(tmp_path))
    assert ada.handed_in is None and "holds no time (yesterday)" in ada.notes[0]


@pytest.mark.parametrize(
    "text",
    [
        *("2026-11-02 07:30:00.000000 UTC", "2026-11-02 07:30:00 GMT", "2026-11-02T07:30:00Z"),
        *("2026-11-02 08:30:00 +0100", "2026-11-02 08:30:00+01:00", "2026-11-02T08:30+01"),
        *("2026-11-02 08:30:00 CET", "2026-11-02 09:30:00 CEST", "2026-11-02 08:30:00 UTC+1"),
        *("2026-11-01 23:30:00.000000 PST", "2026-11-02 00:30:00 PDT", "2026-11-02 02:30:00 EST"),
        *(
            "2026-11-02 03:30:00 EDT",
            "2026-11-02 16:30:00 JST",
            "2026-11-02 02:30 America/New_York",
        ),
        *("2026-11-01 23:30:00 America/Los_Angeles", "2026-11-02 13:00:00 Asia/Kolkata"),
        *(
            "2026-11-02 13:00:00,25 +05:30",
            "2026-11-02 07:30:00",
            "2026-11-02 7:30:00.123456789 utc",
        ),
        *(
            "2026-11-02 04:00:00 -03:30",
            "\ufeff2026-11-02 07:30:00 Etc/UTC\n",
            "2026-11-02 09:30 EET",
        ),
    ],
)
def test_one_moment_in_every_spelling(tmp_path, text):
    put(tmp_path, "ada/ps1/06.ipynb")
    put(tmp_path, "ada/ps1/timestamp.txt", text)
    ada = only(collect(tmp_path))
    late = ada.handed_in - datetime(2026, 11, 2, tzinfo=UTC)
    assert int(late.total_seconds()) == 7.5 * 3600 and ada.notes == []


@pytest.mark.parametrize(
    "zone", ["IST", "CST", "BST", "AST", "XYZ", "Mars/Olympus", "+25:00", "+01:75", "CET?"]
)
def test_a_zone_that_is_not_known_is_never_utc_in_silence(tmp_path, zone):
    put(tmp_path, "ada/ps1/06.ipynb")
    put(tmp_path, "ada/ps1/timestamp.txt", f"2026-11-01 23:30:00.000000 {zone}")
    ada = only(collect(tmp_path))
    assert ada.handed_in is None
    assert zone in ada.notes[0] and "not counted as late; decide yourself" in ada.notes[0]
    (tmp_path / "ada/ps1/06.ipynb").unlink()
    assert "no notebook" in only(collect(tmp_path)).notes[1]


def test_a_time_that_a_student_wrote_counts_for_nothing(tmp_path):
    early, late = "2020-01-01 00:00:00 UTC", "2026-11-02 01:30:00 UTC"
    put(tmp_path, "submitted/ada/ps1/06.ipynb")
    put(tmp_path, "submitted/ada/ps1/timestamp.txt", late)
    put(tmp_path, "submitted/ada/ps1/zz/timestamp.txt", early)
    put(tmp_path, "submitted/bob/ps1/timestamp.txt", late)
    packed(tmp_path / "submitted/bob/work.zip", [("06.ipynb", "{}"), ("timestamp.txt", early)])
    ada, bob = collect(tmp_path)
    assert ada.handed_in == bob.handed_in == datetime(2026, 11, 2, 1, 30, tzinfo=UTC)


def test_a_time_of_the_students_own_does_not_hide_that_canvas_calls_it_late(tmp_path):
    packed(tmp_path / "ada_LATE_7_90_x.zip", [("timestamp.txt", "2020-01-01 00:00:00 UTC")])
    ada = only(collect(tmp_path))
    assert ada.late and ada.handed_in is None


def test_a_file_that_goes_while_the_class_is_listed_stops_nobody(tmp_path, monkeypatch):
    for name in ("ada", "bob"):
        put(tmp_path, f"{name}/06.ipynb", name)
    listed = os.scandir

    def scandir(folder):
        entries = list(listed(folder))
        if Path(folder).name == "ada":
            (Path(folder) / "06.ipynb").unlink()
        return entries

    monkeypatch.setattr(os, "scandir", scandir)
    ada, bob = collect(tmp_path)
    assert bob.notebooks[0].read() == b"bob"
    with pytest.raises(Unreadable, match="gone"):
        ada.notebooks[0].read()


def test_the_latest_of_several_comes_first(tmp_path):
    put(tmp_path, "ada/old.ipynb", "old", time=1_000_000)
    put(tmp_path, "ada/new.ipynb", "new", time=2_000_000)
    assert [file.read() for file in only(collect(tmp_path)).notebooks] == [b"new", b"old"]


def test_canvas_counts_uploads(tmp_path):
    put(tmp_path, "ada_7_200_x-1.ipynb", "second", time=1_000_000)
    put(tmp_path, "ada_LATE_7_90_x.ipynb", "first", time=2_000_000)
    ada = only(collect(tmp_path))
    assert [file.read() for file in ada.notebooks] == [b"second", b"first"]
    assert ada.late


def test_too_many_notebooks_of_one_student(tmp_path):
    for number in range(32):
        put(tmp_path, f"ada/{number:02}.ipynb", str(number), time=1_000_000 + number * 100)
    ada = only(collect(tmp_path))
    assert len(ada.notebooks) == 30 and ada.notebooks[0].read() == b"31"
    assert "32 notebooks" in ada.notes[0]


def test_a_student_without_a_notebook_is_there_all_the_same(tmp_path):
    put(tmp_path, "Ada_1_assignsubmission_onlinetext_/onlinetext.html", "<script>")
    ada = only(collect(tmp_path))
    assert ada.notebooks == [] and "no notebook" in ada.notes[0]


def test_moodle_zip_with_students_zips(tmp_path):
    path = packed(
        tmp_path / "all.zip",
        [
            ("Zoë_1_assignsubmission_file_/06.ipynb", "zoe"),
            ("Bob_2_assignsubmission_file_/work.zip", inner(("a/06.ipynb", "bob"))),
            ("Eve_3_assignsubmission_file_/bad.zip", b"PK no zip"),
        ],
    )
    bob, eve, zoe = collect(path)
    assert (bob.notebooks[0].read(), zoe.notebooks[0].read()) == (b"bob", b"zoe")
    assert zoe.student.name == "Zoë"
    assert eve.notebooks == [] and "damaged" in eve.notes[0]


def test_zip_of_a_folder_of_the_same_name(tmp_path):
    path = packed(tmp_path / "class.zip", [("class/ada/x.ipynb", "a"), ("class/bob/x.ipynb", "b")])
    assert keys(collect(path)) == ["ada", "bob"]


def test_a_folder_around_a_download_is_nobody(tmp_path):
    put(tmp_path, "Course-Task-99/Ada_1_assignsubmission_file_/x.ipynb")
    put(tmp_path, "Course-Task-99/Bob_2_assignsubmission_file_/x.ipynb")
    assert keys(collect(tmp_path)) == ["Ada_1", "Bob_2"]
    assert keys(collect(tmp_path / "Course-Task-99")) == ["Ada_1", "Bob_2"]
    put(tmp_path, "Course-Task-99/readme/x.ipynb")
    assert keys(collect(tmp_path)) == ["Course-Task-99"], "one that is none may be anyone's"


def test_one_student_alone_is_not_unwrapped(tmp_path):
    put(tmp_path, "Ada_1_assignsubmission_file_/Bob_2_assignsubmission_file_/x.ipynb")
    assert keys(collect(tmp_path)) == ["Ada_1"]


def test_names_in_zips_of_other_systems(tmp_path):
    assert keys(collect(packed(tmp_path / "all.zip", [("Bob\\ps1\\x.ipynb", "b")]))) == ["Bob"]
    info = zipfile.ZipInfo("Zoë/x.ipynb".encode().decode("cp437"))
    assert unzip._names(info) == ["Zoë", "x.ipynb"], "UTF-8 without the flag"
    info.filename = "Zoë/x.ipynb"
    assert unzip._names(info) == ["Zoë", "x.ipynb"], "code page 437"


@pytest.mark.parametrize(
    "name", ["../../evil.ipynb", "ada/../../evil.ipynb", "/etc/evil.ipynb", "C:\\evil.ipynb"]
)
def test_no_path_escapes(tmp_path, name):
    path = packed(tmp_path / "all.zip", [(name, "evil"), ("bob/x.ipynb", "bob")])
    before = {p for p in tmp_path.rglob("*")}
    found = {of.student.key: of for of in collect(path)}
    assert found.pop("bob").notebooks[0].read() == b"bob"
    (evil,) = found.values()
    assert evil.notebooks == [] and "leads out of the folder" in evil.notes[0]
    assert {p for p in tmp_path.rglob("*")} == before


def test_links_are_not_followed(tmp_path):
    secret = put(tmp_path, "secret.txt", "secret")
    root = tmp_path / "class"
    put(root, "bob/x.ipynb")
    (root / "ada").mkdir()
    (root / "ada/x.ipynb").symlink_to(secret)
    (root / "eve").symlink_to(tmp_path)
    ada, _, eve = collect(root)
    for of in (ada, eve):
        assert of.notebooks == [] and "links are not followed" in of.notes[0]


def test_links_in_zips_are_not_followed(tmp_path):
    info = zipfile.ZipInfo("ada/x.ipynb")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    ada = only(collect(packed(tmp_path / "all.zip", [(info, "/etc/passwd")])))
    assert ada.notebooks == [] and "links are not followed" in ada.notes[0]


def test_a_link_that_appears_later_is_not_followed(tmp_path):
    secret = put(tmp_path, "secret.txt", "secret")
    path = put(tmp_path / "class", "ada/x.ipynb")
    ada = only(collect(tmp_path / "class"))
    path.unlink()
    path.symlink_to(secret)
    with pytest.raises(Unreadable, match="link"):
        ada.notebooks[0].read()


def test_zip_bombs_stay_small(tmp_path):
    bomb = inner(("x.ipynb", b"\0" * 50_000_000))
    assert len(bomb) < 60_000
    path = packed(tmp_path / "all.zip", [("ada/x.zip", bomb), ("bob/x.ipynb", "bob")])
    ada, bob = collect(path)
    with pytest.raises(Unreadable, match="far more"):
        ada.notebooks[0].read()
    assert bob.notebooks[0].read() == b"bob"


def test_zips_in_zips_in_zips_are_not_opened(tmp_path):
    data = inner(("x.ipynb", "x"))
    for _ in range(5):
        data = inner(("x.zip", data))
    ada = only(collect(packed(tmp_path / "all.zip", [("ada/x.zip", data)])))
    assert ada.notebooks == [] and "no notebook" in ada.notes[0]


def test_too_many_entries(tmp_path, monkeypatch):
    monkeypatch.setattr(unzip, "MOST_ENTRIES", 3)
    data = inner(*((f"{number}.ipynb", "x") for number in range(4)))
    ada = only(collect(packed(tmp_path / "all.zip", [("ada/x.zip", data)])))
    assert ada.notebooks == [] and "more than 3 files" in ada.notes[0]


def test_damaged_and_locked_entries(tmp_path):
    path = packed(tmp_path / "all.zip", [("ada/x.ipynb", "abc" * 1000)])
    data = bytearray(path.read_bytes())
    data[45] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(Unreadable, match="damaged"):
        only(collect(path)).notebooks[0].read()
    data[45] ^= 0xFF
    start = data.index(b"PK\x01\x02")
    data[start + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(Unreadable, match="password"):
        only(collect(path)).notebooks[0].read()


def test_folders_without_end(tmp_path):
    deep = tmp_path / "class/ada" / "/".join("d" * 20)
    put(deep, "x.ipynb")
    ada = only(collect(tmp_path / "class"))
    assert "nested too deeply" in ada.notes[0]


def test_a_folder_that_may_not_be_read(tmp_path, monkeypatch):
    put(tmp_path, "ada/x.ipynb")
    put(tmp_path, "bob/x.ipynb")
    scan = os.scandir

    def locked(folder):
        if folder.name == "ada":
            raise PermissionError(13, "Permission denied")
        return scan(folder)

    monkeypatch.setattr(collecting.os, "scandir", locked)
    ada, bob = collect(tmp_path)
    assert "can't be read: Permission denied" in ada.notes[0]
    assert len(bob.notebooks) == 1


@pytest.mark.parametrize("content", [None, "text"])
def test_what_holds_no_submissions_is_one_sentence(tmp_path, content):
    path = tmp_path / "class"
    with pytest.raises(CourseError, match="does not exist"):
        collect(path)
    path.mkdir() if content is None else path.write_text(content)
    with pytest.raises(CourseError, match=r"no submissions|neither a folder"):
        collect(path)


@pytest.mark.parametrize("extra", ["report.pdf", "plot-1.png", "06.html", "tools.py", "data"])
def test_all_that_canvas_gives_of_a_student_is_that_students(tmp_path, extra):
    put(tmp_path, "doejo_31_4711_06_gan_torch.ipynb", "mine")
    put(tmp_path, f"doejo_31_4712_{extra}")
    put(tmp_path, f"lian_LATE_7_70_{extra}")
    doejo, lian = collect(tmp_path)
    assert doejo.student.key == "doejo_31" and len(doejo.notebooks) == 1 and not doejo.notes
    assert (lian.student.key, lian.student.number, lian.late) == ("lian_7", "7", True)
    assert lian.notes == [
        f"There is no notebook (.ipynb) in what was handed in: lian_LATE_7_70_{extra}."
    ]


@pytest.mark.parametrize("suffix", [".ipynb.json", ".ipynb.txt", ".IPYNB.TXT"])
@pytest.mark.parametrize(
    ("place", "key"),
    [
        ("lian_7_70_06{}", "lian_7"),
        ("Li An_7_assignsubmission_file_/06{}", "Li An_7"),
        ("submitted/lian/ps1/06{}", "lian"),
        ("lian{}", "lian"),
    ],
)
def test_a_second_suffix_hides_no_notebook(tmp_path, suffix, place, key):
    name = place.format(suffix)
    put(tmp_path, name, "mine")
    student = only(collect(tmp_path))
    assert student.student.key == key and student.notebooks[0].read() == b"mine"
    assert "read as a notebook" in student.notes[0] and suffix in student.notes[0]


LITTER = ("Thumbs.db", "desktop.ini", ".DS_Store", "__MACOSX/._x.ipynb", "roster.csv", "notes.docx")


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("around", ["", "submitted/", "Course-99/"])
def test_litter_is_listed_once_and_is_nobody(tmp_path, zipped, around):
    names = ["Ada_1_assignsubmission_file_/x.ipynb", "Bob_2_assignsubmission_file_/x.ipynb"]
    if around == "submitted/":
        names = ["ada/ps1/x.ipynb", "bob/ps1/x.ipynb"]
    names += [*LITTER, f"{names[0].partition('/')[0]}/Thumbs.db"]
    if zipped:
        path = packed(tmp_path / "all.zip", [(around + name, "{}") for name in names])
    else:
        path = tmp_path / "all"
        for name in names:
            put(path, around + name)
    found, loose = collecting.sorted_out(path)
    assert len(found) == 2 and all(len(of.notebooks) == 1 and not of.notes for of in found)
    assert loose == ["Thumbs.db", "desktop.ini", "notes.docx", "roster.csv"]


def test_a_list_beside_the_folder_of_a_class(tmp_path):
    path = packed(tmp_path / "class.zip", [("class/ada/x.ipynb", "a"), ("roster.csv", "b")])
    assert keys(collect(path)) == ["ada"]
