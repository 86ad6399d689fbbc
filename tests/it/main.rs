mod forgetful_disk;
mod git_serve;
mod power_loss;
