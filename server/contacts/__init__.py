"""Points of contact: whom the office calls when something happens, and test calls."""
