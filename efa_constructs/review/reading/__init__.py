"""From files to templates, and back to a line of a file.

``assembly`` reads what an app wrote, ``assembly_templates`` the templates in it, and ``template_file`` one template
with those nested in it. ``json_files`` and ``template_text`` are about what is in the files, and ``loops`` writes out
what a template says once for many. ``location`` finds the line of a property again.
"""
