"""Makes the virtual environment and installs Texelate into it: ``setup_env.py DIR EXTRA``.

Runs under any Python 3, so that an old one gets a message instead of a syntax error. Where the
interpreter is too old a newer one on the path is taken; where ``venv`` lacks ``pip`` (Debian splits
it off) ``virtualenv`` or apt-get steps in.
"""

import os
import shutil
import subprocess
import sys

NEEDED = (3, 11)
CANDIDATES = [f"python3.{minor}" for minor in range(14, NEEDED[1] - 1, -1)]


def say(text):
    print("texelate: " + text, flush=True)


def fail(text):
    sys.exit("texelate: " + text)


def interpreter():
    """This interpreter if it is new enough, else the newest on the path."""
    if sys.version_info[:2] >= NEEDED:
        return sys.executable
    newer = [name for name in CANDIDATES if shutil.which(name)]
    if newer:
        return newer[0]
    return fail(
        f"Python {NEEDED[0]}.{NEEDED[1]} or newer is needed, this is {sys.version.split()[0]} "
        f"({sys.executable}).\n"
        "  fix: install one, or name it: make PYTHON=/path/to/python3.11 …"
    )


def works(*command):
    return (
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
        == 0
    )


def apt_prefix():
    """How to call apt-get without a question, or None."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    return ["sudo", "-n"] if shutil.which("sudo") and works("sudo", "-n", "true") else None


def make_venv(python, folder):
    if works(python, "-c", "import venv, ensurepip"):
        subprocess.run([python, "-m", "venv", folder], check=True)
    elif works(python, "-m", "virtualenv", "--version"):
        subprocess.run([python, "-m", "virtualenv", "--quiet", folder], check=True)
    elif apt_prefix() is not None:
        say("this Python has no venv; installing python3-venv with apt-get")
        apt = [*apt_prefix(), "apt-get"]
        subprocess.run([*apt, "update", "-qq"], check=True)
        subprocess.run([*apt, "install", "-y", "-qq", "python3-venv"], check=True)
        subprocess.run([python, "-m", "venv", folder], check=True)
    else:
        fail(
            f"this Python ({python}) cannot make virtual environments: it has neither venv with "
            "ensurepip nor virtualenv.\n  fix: install python3-venv, or `pip install virtualenv`"
        )


def main(folder, extra):
    python = os.path.join(folder, "bin", "python")
    if not (os.path.exists(python) and works(python, "-m", "pip", "--version")):
        say(f"making the environment in {folder} (once)")
        make_venv(interpreter(), folder)
    say(f"installing Texelate and its {extra} dependencies")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "--editable", f".[{extra}]"])
    if done.returncode:
        fail("pip could not install the dependencies (its message is above)")


if __name__ == "__main__":
    main(*sys.argv[1:])
