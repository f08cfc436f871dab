std = "lua54"
max_line_length = 96
exclude_files = { "build*" }
files["spec"] = { std = "lua54+busted" }
-- Declarations: nothing in them is used, and a type's text stays on one line.
files["types"] = { unused = false, redefined = false, max_line_length = false }
