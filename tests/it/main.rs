mod git_serve;
