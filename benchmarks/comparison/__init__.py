"""The same planted faults, audited by Hustings, lynis and OpenSCAP."""
