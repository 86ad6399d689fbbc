mod forgetful_disk;
mod power_loss;
