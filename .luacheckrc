std = "lua54"
max_line_length = 96
exclude_files = { "build*" }
files["spec"] = { std = "lua54+busted" }
files["types"] = { ignore = { "212" } } -- declarations: no argument is used
